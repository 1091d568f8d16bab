/** A line of the details: a term, what is known, and a note in small print. */
export type Row = readonly [name: string, value: string, note?: string | undefined];
