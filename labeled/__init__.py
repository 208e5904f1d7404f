"""Taxonomy, labelled examples, model-family names, sample forum and Hub; see README.md in this folder."""
