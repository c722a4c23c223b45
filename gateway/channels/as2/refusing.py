"""What stops an AS2 message: one exception, with the error it is answered by and the detail for the audit alone."""


class Unacceptable(Exception):  # noqa: N818 - a verdict on somebody's message, not a defect
    """`code` is an entry of gateway/errors.py; `detail` says exactly what is wrong, for our own people.

    For an encrypted message the partner is told one code for everything (see unwrapping.py): the detail is never sent.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
