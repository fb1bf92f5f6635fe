"""File kind: what a file says that it is, such as `partway.cluster/1`, beside what was expected."""


def wrong_kind(found: object, expected: str) -> str:
    """Words for a file of another kind, or of another version of the same kind.

    Args:
        found: what the file says.
        expected: the kind and version that can be read.
    """
    same_kind = str(found).split("/")[0] == expected.split("/")[0]
    what = "another version of partway" if same_kind else "another kind"
    return f"is {str(found)!r}, expected {expected!r}: a file of {what}"
