export * from './v1.ts';
export * from './v2-component.ts';
export * from './v2-task.ts';
