"""forumlens: what a forum says about reusing pre-trained models, beside what is uploaded."""
