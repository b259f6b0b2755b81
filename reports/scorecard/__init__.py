"""The scorecard: one page for customers, prospects and insurers, without a name or a weakness in it.

`facts` says what is on it, `page` makes HTML of that and `pdf` a PDF: the same facts, and nothing else.
"""
