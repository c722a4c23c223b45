"""Ciphers run over a content in pieces. What they give is to be trusted after `finish` alone."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import ciphers, padding
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from gateway.channels.as2.cms.algorithms import Cipher
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason


class CbcOpening:
    """CBC with the padding of PKCS #7. The last block is held back, since it may be padding."""

    def __init__(self, cipher: Cipher, key: bytes, vector: bytes) -> None:
        shape = cipher.shape
        self._block = shape.block
        self._decryptor = ciphers.Cipher(shape.algorithm(key), CBC(vector)).decryptor()
        self._held = b""

    def update(self, piece: bytes) -> bytes:
        clear = self._held + self._decryptor.update(piece)
        self._held = clear[-self._block :]
        return clear[: -self._block]

    def finish(self, _: bytes) -> bytes:
        unpadder = padding.PKCS7(self._block * 8).unpadder()
        try:
            self._decryptor.finalize()
            return unpadder.update(self._held) + unpadder.finalize()
        except ValueError:
            raise _failed() from None


class GcmOpening:
    """GCM, with what is authenticated beside the content given in front of it."""

    def __init__(self, key: bytes, nonce: bytes, beside: bytes) -> None:
        self._decryptor = ciphers.Cipher(AES(key), GCM(nonce, min_tag_length=12)).decryptor()
        self._decryptor.authenticate_additional_data(beside)

    def update(self, piece: bytes) -> bytes:
        return self._decryptor.update(piece)

    def finish(self, tag: bytes) -> bytes:
        try:
            return self._decryptor.finalize_with_tag(tag)
        except (InvalidTag, ValueError):
            raise _failed() from None


def _failed() -> CryptographicFailure:
    return CryptographicFailure(Reason.DECRYPTION, "the content does not decrypt: the key or the content is damaged")
