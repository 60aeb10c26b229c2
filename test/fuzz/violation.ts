/** The reader did what damage must not make it do. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function demand(condition: boolean, otherwise: () => string): asserts condition {
  if (!condition) throw new Violation(otherwise());
}
