export * from './entry.ts';
export * from './events.ts';
export * from './formats.ts';
export * from './lines.ts';
export * from './priority.ts';
export * from './query.ts';
export * from './shapes.ts';
export * from './time.ts';
