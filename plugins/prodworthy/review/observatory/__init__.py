"""The method of the MDN HTTP Observatory: what its tests make of a visit, and the score that comes of it.

Its words and its leniency are kept, so that teams can compare; what we ourselves find is in `review.headers`.
Each module is one of its tests, told from the facts that the project publishes: https://github.com/mdn/mdn-http-observatory
"""
