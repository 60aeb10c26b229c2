import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** A node that somebody has taken over is not to make sums of all others unwritable. */
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const time = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const completeness = Type.Union([Type.Literal('exact'), Type.Literal('partial')]);

/** What a node agent answers at `/v3/fields/{field}`. */
export const fieldAnswer = Compile(
  Type.Object({
    completeness,
    distinct: count,
    values: Type.Array(
      Type.Object({ value: Type.Union([Type.String(), Type.Object({ base64: Type.String() })]), entries: count }),
    ),
  }),
);

/** What a node agent answers at `/v3/histogram`. */
export const histogramAnswer = Compile(
  Type.Object({ completeness, buckets: Type.Array(Type.Array(count, { maxItems: 9 })) }),
);

/** What a node agent answers at `/v3/boots`. */
export const bootsAnswer = Compile(
  Type.Object({
    boots: Type.Array(Type.Object({ index: time, boot_id: Type.String(), first_entry: time, last_entry: time })),
  }),
);
