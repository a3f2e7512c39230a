"""What is told outside of our own pages and apps: feeds for readers, oEmbed for others' pages, sitemaps for crawlers.

Owns `sitemap_parts`, which hold nothing but where the files of a sitemap begin. Promises that all of it says what
everybody may see and nothing else, whoever asks; that somebody who is apart from an owner gets even less; and that no
word of a person becomes markup.
"""
