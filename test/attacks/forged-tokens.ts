/** Page tokens that somebody made up, by what they try. */
const base64 = (text: string) => Buffer.from(text).toString('base64url');

export const FORGED_TOKENS: Readonly<Record<string, string>> = {
  'that is a number': '1',
  'that is negative': '-1',
  'that is a text': 'next',
  'that ends a statement': "'; drop table kms_key; --",
  'that widens a statement': "' or '1'='1",
  'that is a path': '../../../../etc/passwd',
  'that is JSON': '{"after":""}',
  'that is JSON in base64': base64('{"after":""}'),
  'that is an empty list in base64': base64('[]'),
  'that is an account in base64': base64('{"accountId":"000000000000","after":""}'),
  'that is a prototype in base64': base64('{"__proto__":{"after":""}}'),
  'of zeros': base64('\0'.repeat(64)),
  'of the shortest form': base64('\0'.repeat(29)),
  'that is too short': base64('\0'.repeat(28)),
  'of other letters': 'ключ',
  'of blanks': '    ',
};
