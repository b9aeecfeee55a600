import * as v from 'valibot'

/**
 * Schemas for config rows: from the text in a file to the value the code uses. Their messages complete the sentence
 * "`key` must be …".
 */
export const configValue = {
  text: () => v.string(),

  /** Java's setters take any text but `true` for false; a typo there is reported here. */
  bool: () =>
    v.pipe(
      v.string(),
      v.toLowerCase(),
      v.picklist(['true', 'false'], 'true or false'),
      v.transform((value) => value === 'true'),
    ),

  /** A whole number. Default range: 32 bits, as Java's `int`. */
  int: ({ min = -0x8000_0000, max = 0x7fff_ffff }: { min?: number; max?: number } = {}) => {
    const message = `a whole number from ${min} to ${max}`
    return v.pipe(
      v.string(),
      v.regex(/^-?\d{1,16}$/, message),
      v.transform(Number),
      v.minValue(min, message),
      v.maxValue(max, message),
    )
  },

  /** Bytes, milliseconds and other counts above 32 bits, up to 2^53. */
  long: ({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) =>
    configValue.int({ min, max }),

  port: () => configValue.int({ min: 0, max: 65_535 }),

  decimal: ({ min = 0, max = Number.MAX_VALUE }: { min?: number; max?: number } = {}) => {
    const message = max === Number.MAX_VALUE ? `a number of at least ${min}` : `a number from ${min} to ${max}`
    return v.pipe(
      v.string(),
      v.regex(/^-?\d{1,16}(?:\.\d{1,16})?$/, message),
      v.transform(Number),
      v.minValue(min, message),
      v.maxValue(max, message),
    )
  },

  oneOf: <const Names extends readonly [string, ...string[]]>(...names: Names) =>
    v.picklist(names, `one of ${names.join(', ')}`),

  /** Text that `check` finds nothing wrong with; it returns what the value must be. */
  checked: (check: (value: string) => string | undefined) =>
    v.pipe(
      v.string(),
      v.rawCheck(({ dataset, addIssue }) => {
        const message = dataset.typed ? check(dataset.value) : undefined
        if (message !== undefined) addIssue({ message })
      }),
    ),
}
