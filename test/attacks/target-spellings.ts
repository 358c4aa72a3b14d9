/** Targets that some readers take for this one. */
export const TARGET = '/v1/kms/list-keys';

export const SPELLINGS: readonly string[] = [
  ...['/v1/kms//list-keys', '//v1/kms/list-keys', '/v1//kms/list-keys', '///v1/kms/list-keys'],
  ...['/./v1/kms/list-keys', '/v1/./kms/list-keys', '/v1/kms/./list-keys', '/v1/kms/list-keys/.'],
  ...['/x/../v1/kms/list-keys', '/v1/kms/x/../list-keys', '/v1/kms/list-keys/x/..', '/../v1/kms/list-keys'],
  ...['/v1/kms/%2e/list-keys', '/x/%2e%2e/v1/kms/list-keys', '/x/%2E./v1/kms/list-keys', '/x/.%2e/v1/kms/list-keys'],
  ...['/v1%2fkms%2flist-keys', '/v1/kms%2Flist-keys', '/v1%5ckms/list-keys', '/v1\\kms\\list-keys'],
  ...['/v1/kms/list-keys/', '/v1/kms/list-keys//', '/v1/kms/list-keys%2f', '/v1/kms/list-keys/x'],
  ...['/V1/kms/list-keys', '/v1/KMS/list-keys', '/v1/kms/List-Keys', '/v1/kms/LIST-KEYS', '/v1/kms/listkeys'],
  ...['/v1/kms/list-keys;', '/v1/kms/list-keys;a=b', '/v1/kms;a=b/list-keys', '/v1;/kms/list-keys'],
  ...['/v1/kms/list-keys%20', '/v1/kms/%20list-keys', '/v1/kms/list-keys%09', '/v1/kms/list-keys%00'],
  ...['/v1/kms/list-keys%0a', '/v1/kms/list-keys%0d%0a', '/v1/kms/list-keys%7f', '/v1/kms/list-keys%a0'],
  ...['/v1/kms/list%252dkeys', '/v1/kms/%256cist-keys', '/v1/kms/list_keys', '/v1/kms/list+keys'],
  ...['/v1/kms/list-keys.json', '/v1/kms/list-keys.', '/v1/kms/list-keys..', '/v1/kms/list-keys~'],
  ...['/v1/kms/list%c0%adkeys', '/v1/kms/%c1%acist-keys', '/v1/kms/list%e2%80%90keys', '/v1/kms/li%c5%bft-keys'],
  ...['/v1/%e2%84%aams/list-keys', '/v1/kms/list%uff0dkeys', '/v1/kms/list-%uff4beys', '/v1/kms/list-keys%'],
  ...['/v1/kms/list-keys#', '/v1/kms/list-keys#/v1/iam/list-users', '/#/v1/kms/list-keys', '?/v1/kms/list-keys'],
  ...['/v1/kms/list%2dkeys', '/%76%31/kms/list-keys', '/v1/%6bms/list-keys', '/v1/kms/list%2Dkeys'],
  ...['v1/kms/list-keys', '*', '/*', 'https:/v1/kms/list-keys', 'file:///v1/kms/list-keys'],
  ...['https://elsewhere.example/v1/kms/list-keys', 'https://@/v1/kms/list-keys', 'https:///v1/kms/list-keys'],
  ...['/v1/kms/list-keys?Limit=1', '/v1/kms/list-keys?X-Amz-Signature=0', '/v1/kms/list-keys??'],
];
