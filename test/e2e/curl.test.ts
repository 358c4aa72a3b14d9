/** Plain curl with its own SigV4: the native API needs no client of ours. */
import { describe, expect, inject, it } from 'vitest';
import { run } from '../harness/clients.ts';

const server = inject('server');

async function curl(
  path: string,
  service: string,
  ...more: string[]
): Promise<{ status: number; body: Record<string, unknown> }> {
  const ran = await run('curl', [
    '--silent',
    '--cacert',
    server.caPath,
    '--aws-sigv4',
    `aws:amz:${server.admin.region}:${service}`,
    '--user',
    `${server.admin.accessKeyId}:${server.admin.secretAccessKey}`,
    '--write-out',
    '\n%{http_code}',
    ...more,
    `${server.endpoint}${path}`,
  ]);
  const at = ran.stdout.lastIndexOf('\n');
  return { status: Number(ran.stdout.slice(at + 1)), body: JSON.parse(ran.stdout.slice(0, at)) };
}

const json = (value: object) => ['-H', 'content-type: application/json', '-d', JSON.stringify(value)];

describe('curl --aws-sigv4', () => {
  it.each(['kms', 'parapet'])('creates and describes a key, signing as %s', async (service) => {
    const made = await curl('/v1/kms/create-key', service, ...json({ Description: 'curl' }));
    expect(made.status).toBe(200);
    const { KeyId } = made.body.KeyMetadata as { KeyId: string };
    const described = await curl('/v1/kms/describe-key', service, ...json({ KeyId }));
    expect(described.body.KeyMetadata).toMatchObject({ KeyId, Description: 'curl' });
  });

  it('reads the record by GET', async () => {
    const events = await curl('/v1/audit/events?Limit=1', 'audit');
    expect(events.status).toBe(200);
    expect(events.body.Events).toHaveLength(1);
  });

  it('asks for a decision', async () => {
    const answer = await curl(
      '/v1/authz/authorize',
      'authz',
      ...json({ Action: 'kms:Decrypt', Resource: `arn:aws:kms:local-1:${server.admin.accountId}:key/x` }),
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ Decision: 'Allow' });
    expect(answer.body.DecisionId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
