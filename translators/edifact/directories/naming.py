"""Short names of messages, segments, composites and elements: one for all releases, in the UN's latest words."""

from translators.edifact.directories.release import Names, Release
from translators.edifact.directories.repairs import RELEASES, TEXTS
from translators.edifact.directories.service import service_names

_ORDER = (*(name for name in RELEASES if name not in TEXTS), *TEXTS)
"""Later wins: the XML only where no text has the thing."""


def names_of(releases: dict[str, Release], service: dict[str, Release]) -> Names:
    """The names of everything that the tables carry."""
    names = service_names(service)
    for release in (releases[name] for name in _ORDER):
        names.messages.update({key: name for key, name in release.names.messages.items() if key in release.messages})
        names.segments.update({key: name for key, name in release.names.segments.items() if key in release.segments})
        names.composites.update(
            {key: name for key, name in release.names.composites.items() if key in release.composites}
        )
        names.elements.update({key: name for key, name in release.names.elements.items() if key in release.elements})
    return names
