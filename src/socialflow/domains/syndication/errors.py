"""Expected failures of what is told outside. Statuses are those of https://oembed.com, 2.3.5."""

from socialflow.kernel.errors import Problem


class NotEmbeddable(Problem):
    """This may be linked to, but not shown in other people's pages."""

    status = 401
    title = "Unauthorized"


class FormatNotOffered(Problem):
    """There is no answer in this format; there are json and xml."""

    status = 501
    title = "Not Implemented"
