"""Finding: people and hashtags by how they begin, while somebody is still writing.

Owns nothing. Promises that what it finds is what its reader may see: nobody who is hidden, nobody whom they are apart
from, and no hashtag under which there is nothing for them.
"""
