/**
 * Keys used by our services on behalf of callers, over the wire between services (micro): with the certificate of a
 * service one may ask what is declared for it, under its own name, and nothing else.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { HttpTransport } from '../../platform/client/http.ts';
import { createClient, type OnBehalf, type Transport } from '../../platform/client/transport.ts';
import type { ServiceName } from '../../platform/contract/operation.ts';
import { ensureInternalCa } from '../../platform/tls/internal-ca.ts';
import { ensureLeaf, serviceLeaf } from '../../platform/tls/leaf-file.ts';
import { kmsOperations } from '../../services/kms/api/index.ts';
import { raw } from '../harness/clients.ts';
import { allow, createUser } from '../harness/people.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');
const x = Buffer.from('x');
const from = (service: ServiceName) => ({ service, now: () => Date.now(), newId: () => 'on-behalf' });

it('lets nobody outside ask as a service', async () => {
  const body = JSON.stringify({ operation: 'ObtainDefaultKey', caller: { kind: 'service' }, origin: {}, input: {} });
  const answer = await raw(server, { method: 'POST', path: '/internal/invoke', body });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const named = await native(server, '/v1/kms/obtain-default-key', { AccountId: server.admin.accountId });
  expect(named.status).toBe(404);
  const target = await json11(server, 'TrentService.ObtainDefaultKey', { AccountId: server.admin.accountId });
  expect(target.json().__type).toContain('UnknownOperation');
});

describe.runIf(server.shape === 'micro')('with the certificate of a service', () => {
  const transports: HttpTransport[] = [];
  let call: OnBehalf;

  function transport(service: ServiceName): Transport {
    const ca = ensureInternalCa(join(server.dataFolder, 'tls'), () => Date.now());
    const leaf = ensureLeaf(ca, `test-${service}`, serviceLeaf(service));
    const addresses = Object.fromEntries(
      server.services.split(',').map((entry) => {
        const [name, host, port] = entry.split(/[=:]/) as [string, string, string];
        return [name, { host, port: Number(port) }];
      }),
    );
    const opened = new HttpTransport(addresses, { ca: leaf.ca, cert: leaf.certificate, key: leaf.key });
    transports.push(opened);
    return opened;
  }

  beforeAll(async () => {
    const bob = await createUser(server, allow('iam:GetUser'));
    const { User } = (await native(server, '/v1/iam/get-user', { UserName: bob.name })).json() as {
      User: { UserId: string };
    };
    const caller = { kind: 'user', arn: bob.arn, accountId: server.admin.accountId, principalId: User.UserId } as const;
    const origin = { requestId: 'on-behalf-1', sourceIp: '192.0.2.7', userAgent: 'test', receivedAt: Date.now() };
    call = { caller, origin: { ...origin, protocol: 'native' } };
  });
  afterAll(() => {
    for (const opened of transports) opened.close();
  });

  it('uses the default key for its callers, who cannot use it themselves', async () => {
    const vault = createClient(kmsOperations, transport('ccms'), from('ccms'));
    const { KeyId } = await vault.ObtainDefaultKey({ AccountId: server.admin.accountId });
    const made = await vault.GenerateDataKey({ KeyId, KeySpec: 'AES_256' }, call);
    const opened = await vault.Decrypt({ CiphertextBlob: made.CiphertextBlob }, call);
    expect(opened.Plaintext.equals(made.Plaintext)).toBe(true);
    const direct = await native(server, '/v1/kms/encrypt', { KeyId, Plaintext: x.toString('base64') });
    expect(direct.status).toBe(403);
  });

  it('gets nothing beyond what the caller may do', async () => {
    const { KeyMetadata } = (await native(server, '/v1/kms/create-key')).json() as { KeyMetadata: { Arn: string } };
    const vault = createClient(kmsOperations, transport('ccms'), from('ccms'));
    const used = vault.Encrypt({ KeyId: KeyMetadata.Arn, Plaintext: x }, call);
    await expect(used).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it.each([
    ['another service', 'iam', 'iam', true],
    ['the name of another service', 'iam', 'ccms', true],
    ['no name', 'ccms', 'gateway', true],
    ['itself', 'ccms', 'ccms', false],
  ] as const)('is refused as %s', async (_what, certificate, name, forCaller) => {
    const client = createClient(kmsOperations, transport(certificate), from(name as ServiceName));
    const asked = client.Encrypt({ KeyId: 'alias/aws/secretsmanager', Plaintext: x }, forCaller ? call : undefined);
    await expect(asked).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
