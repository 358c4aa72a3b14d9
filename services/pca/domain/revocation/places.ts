/** What certificates say about where to learn of their revocation (spec pca 3.3): by template and serial number. */
import { isForAuthorities, type Template } from '../template.ts';
import { DAY_MS } from '../validity.ts';
import { authorityInfoAccess, crlDistributionPoint, type Extension } from '../x509/extension.ts';
import { ACCESS } from '../x509/oids.ts';
import {
  answersOcsp,
  authorityUri,
  listUris,
  ocspUri,
  publishesLists,
  type RevocationSettings,
  shardOf,
} from './settings.ts';

/** A certificate that ends sooner than a list could be trusted to say so points nowhere. */
const SHORT_MS = 7 * DAY_MS;

/** Of certificates with one authority, template and validity. */
export interface Places {
  /** Undefined: they point to no list. */
  crlUri(serial: Buffer): string | undefined;
  extensions(serial: Buffer): Extension[];
}

interface Subject {
  authorityId: string;
  template: Pick<Template, 'kind' | 'ocspNoCheck'>;
  notBefore: number;
  notAfter: number;
  shortLived: boolean;
}

const NOWHERE: Places = { crlUri: () => undefined, extensions: () => [] };

export function placesOf(settings: RevocationSettings | undefined, subject: Subject): Places {
  const { authorityId, template, notBefore, notAfter, shortLived } = subject;
  const isAuthority = isForAuthorities(template);
  // The last second counts.
  const isShort = !isAuthority && (shortLived || notAfter + 1000 - notBefore <= SHORT_MS);
  if (!settings || template.kind === 'root' || template.ocspNoCheck || isShort) return NOWHERE;
  const { lists, configuration } = settings;
  const omits = configuration.CrlConfiguration?.CrlDistributionPointExtensionConfiguration?.OmitExtension === true;
  const hasLists = publishesLists(settings);
  const hasOcsp = answersOcsp(settings);
  const crlUri = (serial: Buffer) => {
    const shard = hasLists && !omits ? shardOf(serial, isAuthority, lists) : undefined;
    return shard === undefined || !lists ? undefined : listUris(authorityId, shard, lists)[0];
  };
  const access = [
    ...(hasOcsp ? [{ method: ACCESS.ocsp, uri: ocspUri(authorityId, settings) }] : []),
    ...(hasOcsp || hasLists ? [{ method: ACCESS.caIssuers, uri: authorityUri(authorityId, settings) }] : []),
  ];
  return {
    crlUri,
    extensions(serial) {
      const uri = crlUri(serial);
      return [
        ...(uri === undefined ? [] : [crlDistributionPoint(uri)]),
        ...(access.length > 0 ? [authorityInfoAccess(access)] : []),
      ];
    },
  };
}
