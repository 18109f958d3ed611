// Predicates as factors of tangents.

import { bind, castP, type Tensor } from "@gradus/core";

/** A predicate as 1 where it holds and 0 elsewhere, of the dtype of `like`: a factor for partial derivatives. */
export const indicator = (pred: Tensor, like: Tensor): Tensor => bind(castP, [pred], { dtype: like.dtype, weak: like.aval.weak });
