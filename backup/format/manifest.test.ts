import { describe, expect, it } from 'vitest';
import { isPartName, readManifest } from './manifest.ts';

describe('names of parts', () => {
  it.each(['sqlite/iam.db', 'files/hsm/tokens/ab-cd/token.object', 'records/kms.records-000001.log'])(
    '%s is one',
    (name) => expect(isPartName(name)).toBe(true),
  );
  it.each([
    '../x',
    'files/../x',
    'files/a/../../x',
    '/etc/passwd',
    'files//x',
    'files/',
    'files',
    'other/x',
    'files/.hidden',
    'files/a\0b',
    'files/a\\b',
    'files/..x',
  ])('%s is none', (name) => expect(isPartName(name)).toBe(false));
});

describe('a manifest', () => {
  it.each([
    ['no JSON', '{'],
    ['of a newer release', '{"format":2}'],
    ['not complete', '{"format":1,"parts":[]}'],
  ])('is refused: %s', (_what, text) => expect(() => readManifest(Buffer.from(text))).toThrow());
});
