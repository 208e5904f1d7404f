"""The authored sample forum and sample Hub: invented people, threads and models, and what is true of them."""
