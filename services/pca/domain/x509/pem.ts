/** PEM (RFC 7468): the objects in a text, or the one object of a request, which may also be DER. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]{1,40})-----/g;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** In order; undefined when the text has other blocks, or anything but space between them. */
export function readPem(text: string, labels: readonly string[]): Buffer[] | undefined {
  const objects: Buffer[] = [];
  let rest = '';
  let at = 0;
  for (const match of text.matchAll(BLOCK)) {
    const [whole, label = '', body = '', end] = match;
    const base64 = body.replaceAll(/\s+/g, '');
    if (label !== end || !labels.includes(label) || !BASE64.test(base64)) return undefined;
    objects.push(Buffer.from(base64, 'base64'));
    rest += text.slice(at, match.index);
    at = match.index + whole.length;
  }
  rest += text.slice(at);
  return rest.trim() === '' ? objects : undefined;
}

/** The only object of bytes that are PEM or DER. */
export function readOnePem(bytes: Buffer, labels: readonly string[]): Buffer | undefined {
  if (bytes[0] === 0x30) return bytes;
  const objects = readPem(bytes.toString('latin1'), labels);
  return objects?.length === 1 ? objects[0] : undefined;
}
