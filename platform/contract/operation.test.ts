import { expect, it } from 'vitest';
import { formatArn, parseArn } from './arn.ts';
import { kebabCase } from './operation.ts';

it.each([
  ['Decrypt', 'decrypt'],
  ['CreateKey', 'create-key'],
  ['ListMFADevices', 'list-mfa-devices'],
  ['GetAccessKeyLastUsed', 'get-access-key-last-used'],
  ['CreateSAMLProvider', 'create-saml-provider'],
  ['GenerateDataKeyWithoutPlaintext', 'generate-data-key-without-plaintext'],
])('%s becomes %s', (name, route) => expect(kebabCase(name)).toBe(route));

it('splits an ARN on the first five colons', () => {
  const text = 'arn:aws:kms:local-1:111122223333:alias/a:b';
  const arn = parseArn(text);
  expect(arn).toEqual({
    partition: 'aws',
    service: 'kms',
    region: 'local-1',
    accountId: '111122223333',
    resource: 'alias/a:b',
  });
  expect(arn && formatArn(arn)).toBe(text);
});

it.each(['', 'arn', 'arn:aws:kms', 'arn:aws:kms:r:a:', 'key/1', 'arn:a:b:c:d'])('refuses %j as an ARN', (text) =>
  expect(parseArn(text)).toBeUndefined(),
);
