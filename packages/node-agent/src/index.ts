export { type AgentOptions, createAgent } from './app.ts';
export { agentOptions } from './configuration.ts';
export { type OpenJournalOptions, openJournal } from './journal/open-source.ts';
