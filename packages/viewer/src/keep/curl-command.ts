import { shellQuoted } from './shell.ts';

/**
 * What is shown, as a command: the token is the variable `$TOKEN`, never the reader's own.
 *
 * @param origin of the gateway
 * @param parameters of `entries`
 */
export function curlCommand(origin: string, parameters: URLSearchParams): string {
  const data = [...parameters].map(([name, value]) => ` \\\n  --data-urlencode ${shellQuoted(`${name}=${value}`)}`);
  const url = shellQuoted(`${origin}/system/v1/logs/v3/entries`);
  return `curl -sSG -H "Authorization: Bearer $TOKEN" ${url}${data.join('')}`;
}
