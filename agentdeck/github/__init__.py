"""GitHub through `gh`, the person's own client: pull requests, no sessions, no git.

Everything here blocks; callers run it in a thread.
"""
