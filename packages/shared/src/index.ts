export * from './cursor.ts';
export * from './error-table.ts';
export * from './field-name.ts';
export * from './gateway-token.ts';
export * from './media-types.ts';
export * from './problem.ts';
export * from './scope.ts';
export * from './v3/index.ts';
