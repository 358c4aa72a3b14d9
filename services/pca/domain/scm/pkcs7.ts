/** Certificates in a PKCS #7 file: a SignedData that nobody signed (RFC 5652 5.1, "certs-only"). */
import * as der from '../../../../platform/contract/der.ts';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';

export function certificatesOnly(certificates: readonly Buffer[]): Buffer {
  // DER: the members of a set are in order of their bytes.
  const sorted = [...certificates].sort(Buffer.compare);
  const signedData = der.sequence(
    der.integer(1),
    der.setOf(),
    der.sequence(der.oid(DATA)),
    der.contextConstructed(0, Buffer.concat(sorted)),
    der.setOf(),
  );
  return der.sequence(der.oid(SIGNED_DATA), der.contextConstructed(0, signedData));
}
