"""The social graph: who follows which channel, who waits to be let in, what people do not want to see, their lists.

Owns `follows`, `follow_requests`, `mutes`, `people_lists` and `people_list_members`; blocks stand below, with the
accounts, since every domain asks for them. Promises that following twice is following once, that a channel's counters
equal its rows, that nobody follows an account which has not let them in, and that no edge joins two who are apart.
"""
