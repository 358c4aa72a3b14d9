/**
 * The same request as a curl command. Credentials appear as the names of their environment variables, never as values;
 * everything else is quoted, so that the line can be pasted into a POSIX shell.
 */
import { randomUUID } from 'node:crypto';
import type { ClientSettings } from '../../platform/config/client.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { nativeRequest } from '../../sdk/native-request.ts';

export function curlCommand(
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  settings: ClientSettings,
): string {
  const request = nativeRequest(operation, input);
  const parts = ['curl --fail-with-body --silent --show-error'];
  if (settings.caFile !== undefined) parts.push(`--cacert ${quote(settings.caFile)}`);
  parts.push(...authentication(operation, settings));
  if (operation.effect === 'write') parts.push(`--header 'Idempotency-Key: ${randomUUID()}'`);
  if (request.body)
    parts.push("--header 'Content-Type: application/json'", `--data-binary ${quote(String(request.body))}`);
  parts.push(quote(`${new URL(settings.endpoint).origin}${request.target}`));
  return `${parts.join(' \\\n  ')}\n`;
}

function authentication(operation: AnyOperation, settings: ClientSettings): string[] {
  if (settings.token !== undefined) return ['--header "Authorization: Bearer $PARAPET_TOKEN"'];
  const token = settings.accessKey?.sessionToken;
  return [
    `--aws-sigv4 ${quote(`aws:amz:${settings.region}:${operation.area}`)}`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    ...(token === undefined ? [] : ['--header "X-Amz-Security-Token: $AWS_SESSION_TOKEN"']),
  ];
}

/** One word of a POSIX shell. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_\-.,:/@=]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
