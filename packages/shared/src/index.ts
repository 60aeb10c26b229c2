export * from './cursor.ts';
export * from './field-name.ts';
export * from './scope.ts';
