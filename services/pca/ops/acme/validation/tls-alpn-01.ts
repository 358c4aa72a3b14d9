/** A certificate that the name's TLS server shows for a protocol of its own (RFC 8737). */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import ipaddr from 'ipaddr.js';
import { AcmeProblem } from '../../../domain/acme/problem.ts';
import { DerError, octetString, readOne } from '../../../domain/der/reader.ts';
import { type Certificate, readCertificate } from '../../../domain/x509/certificate.ts';
import { generalNameText, normalized } from '../../../domain/x509/general-name.ts';
import type { Looking } from './http-01.ts';

const PROTOCOL = 'acme-tls/1';
const IDENTIFIER = '1.3.6.1.5.5.7.1.31';

export async function checkTls(looking: Looking, host: string, expected: string): Promise<void> {
  const shown = await shownCertificate(looking, host);
  const refuse = (detail: string) => new AcmeProblem('unauthorized', `${host} showed a certificate ${detail}`);
  let certificate: Certificate;
  try {
    certificate = readCertificate(shown);
  } catch (error) {
    if (error instanceof DerError) throw refuse('that cannot be read');
    throw error;
  }
  const names = (certificate.facts.subjectAltNames ?? []).map(normalized);
  const [name, ...others] = names;
  if (!name || others.length > 0 || generalNameText(name) !== host) throw refuse('that is not for this name alone');
  const extension = certificate.extensions.find(({ oid }) => oid === IDENTIFIER);
  if (!extension?.critical) throw refuse('without a critical acmeIdentifier');
  if (!digestOf(extension.value)?.equals(createHash('sha256').update(expected).digest()))
    throw new AcmeProblem('incorrectResponse', `${host} showed a certificate for another key authorization`);
}

function digestOf(value: Buffer): Buffer | undefined {
  try {
    return octetString(readOne(value));
  } catch {
    return undefined;
  }
}

async function shownCertificate({ names, networks, ports, signal }: Looking, host: string): Promise<Buffer> {
  const address = await names.addressOf(host, networks);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port: ports.tls,
      servername: isIP(host) === 0 ? host : reverseName(host),
      ALPNProtocols: [PROTOCOL],
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    });
    const stop = () => socket.destroy(new Error('took too long'));
    signal.addEventListener('abort', stop, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', stop));
    socket.on('error', () => reject(new AcmeProblem('tls', `no TLS connection to ${host} could be made`)));
    socket.on('secureConnect', () => {
      const raw = socket.getPeerX509Certificate()?.raw;
      const agreed = socket.alpnProtocol === PROTOCOL;
      socket.destroy();
      if (raw && agreed) resolve(raw);
      else reject(new AcmeProblem('unauthorized', `${host} does not speak ${PROTOCOL}`));
    });
  });
}

/** RFC 8738 6. */
function reverseName(host: string): string {
  const address = ipaddr.parse(host);
  const bytes = address.toByteArray();
  if (address.kind() === 'ipv4') return `${[...bytes].reverse().join('.')}.in-addr.arpa`;
  const nibbles = Buffer.from(bytes).toString('hex').split('').reverse();
  return `${nibbles.join('.')}.ip6.arpa`;
}
