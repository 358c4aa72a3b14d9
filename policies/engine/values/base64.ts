/** Base64 of RFC 4648 section 4 in its one canonical form, so that equal bytes are equal text and the reverse. */

const GROUPS = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** The last character before padding, when its unused bits are zero. */
const ENDS_TWO = /[AQgw]==$/;
const ENDS_THREE = /[AEIMQUYcgkosw048]=$/;

/** True for padded text whose unused bits are zero. */
export function isCanonicalBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !GROUPS.test(text)) return false;
  if (text.endsWith('==')) return ENDS_TWO.test(text);
  return !text.endsWith('=') || ENDS_THREE.test(text);
}
