import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { CERTIFICATE_KEY_ALGORITHMS } from '../../api/keys/shapes.ts';
import { readRequest } from '../../domain/csr.ts';
import { keyAlgorithmOf } from '../../domain/keys/private-key.ts';
import { requestContent } from '../../domain/keys/request.ts';
import { NewKeys } from './new-keys.ts';

const read = requestContent({
  Subject: { CommonName: 'www.example.com' },
  SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
});
if (!read.ok) throw new Error(read.problem);
const { content } = read;

it.each(CERTIFICATE_KEY_ALGORITHMS)(
  'makes a key of %s with a request that its own reader takes',
  { timeout: 60_000 },
  async (algorithm) => {
    const { pkcs8, publicKey, csr } = await new NewKeys().make(algorithm, content);
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    expect(keyAlgorithmOf(key)).toBe(algorithm);
    expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(publicKey);
    const checked = readRequest(csr);
    expect(checked).toMatchObject({ ok: true, csr: { publicKey, subject: content.subject } });
    expect(checked.ok && checked.csr.facts.subjectAltNames).toEqual([{ kind: 'dns', value: 'www.example.com' }]);
  },
);

it('serves two at a time, the others in turn, and sends away who comes when fifty wait', async () => {
  const keys = new NewKeys();
  const asked = Array.from({ length: 60 }, () => keys.make('EC_prime256v1', content));
  const answers = await Promise.allSettled(asked);
  const refused = answers.map((answer) => answer.status === 'rejected');
  expect(refused).toEqual([...Array(52).fill(false), ...Array(8).fill(true)]);
  expect(answers.at(-1)).toMatchObject({ reason: { code: 'Unavailable', details: { retryAfterSeconds: 5 } } });
  // The places are free again.
  expect((await keys.make('EC_prime256v1', content)).publicKey).toHaveLength(91);
});
