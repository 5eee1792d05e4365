/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freeing at the end of a scope.
 *
 * "struct x *p auto_clean(x)" frees p by x_free() when it goes out of scope,
 * "return steal(p)" hands it on instead.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#define auto_clean(name) __attribute__((cleanup(name##_cleanup)))

/* @fn gets the pointer itself and takes NULL. */
#define DEFINE_CLEANUP(name, type, fn)			\
	static inline void name##_cleanup(type *p)	\
	{						\
		fn(*p);					\
	}

#define steal(p)				\
	({					\
		__typeof__(p) stolen_ = (p);	\
		(p) = NULL;			\
		stolen_;			\
	})

#endif /* BASE_CLEANUP_H */
