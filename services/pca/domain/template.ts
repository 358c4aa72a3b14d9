/**
 * Templates: what a certificate is for, and so what it is like (spec pca 3.3). Named as AWS names them, each in the
 * varieties AWS has: as it stands, or with extensions passed through from the request to the API, from the CSR, or both,
 * in this order. What a template says nobody overrides. `TimeStamping`, `EmailProtection` and `Workload` are ours.
 */
import type { KeyUsage } from './x509/extension.ts';
import { USAGE } from './x509/oids.ts';

export interface Template {
  /** As in its ARN, with its variety. */
  name: string;
  kind: 'root' | 'subordinate' | 'end-entity';
  criticalBasicConstraints: boolean;
  pathLength?: number;
  /** Undefined: the template is blank, and takes what is passed through. */
  keyUsage?: (family: 'RSA' | 'EC') => readonly KeyUsage[];
  extKeyUsage?: readonly string[];
  criticalExtKeyUsage?: true;
  /**
   * server: at least one name, and a common name is one of them; workload: exactly one SPIFFE id; mail: a mailbox;
   * optional: what the CSR has; none: the subject alone.
   */
  names: 'server' | 'workload' | 'mail' | 'optional' | 'none';
  ocspNoCheck?: true;
  maxValidity: { days: number } | { years: number };
  leastRsaBits?: number;
  passesApi: boolean;
  passesCsr: boolean;
}

type Shape = Omit<Template, 'name' | 'passesApi' | 'passesCsr'>;
type Variety = '' | '_APIPassthrough' | '_CSRPassthrough' | '_APICSRPassthrough';

const ALL: readonly Variety[] = ['', '_APIPassthrough', '_CSRPassthrough', '_APICSRPassthrough'];
const PASSING = ALL.slice(1);
const WITHOUT_CSR: readonly Variety[] = ['', '_APIPassthrough'];
const API_ONLY: readonly Variety[] = ['_APIPassthrough'];

const forAuthorities = (): KeyUsage[] => ['DigitalSignature', 'KeyCertSign', 'CRLSign'];
/** A root signs certificates and lists; responders have certificates of their own. */
const forRoots = (): KeyUsage[] => ['KeyCertSign', 'CRLSign'];
const signs = (): KeyUsage[] => ['DigitalSignature'];
/** Keys are only ever encrypted to RSA keys. */
const signsAndDecrypts = (family: 'RSA' | 'EC'): KeyUsage[] =>
  family === 'RSA' ? ['DigitalSignature', 'KeyEncipherment'] : ['DigitalSignature'];
const mails = (family: 'RSA' | 'EC'): KeyUsage[] =>
  family === 'RSA' ? ['DigitalSignature', 'KeyEncipherment'] : ['DigitalSignature', 'KeyAgreement'];

const END_ENTITY = { kind: 'end-entity', criticalBasicConstraints: true } as const;
const TLS = { ...END_ENTITY, maxValidity: { days: 398 } } as const;
const ROOT = { kind: 'root', criticalBasicConstraints: true, names: 'none', maxValidity: { years: 30 } } as const;
const SUBORDINATE = {
  kind: 'subordinate',
  criticalBasicConstraints: true,
  names: 'none',
  maxValidity: { years: 20 },
} as const;

/** Root and six levels below it. */
export const MAX_LEVELS = 7;
const ROOT_PATHS = [0, 1, 2, 3];
const SUBORDINATE_PATHS = [0, 1, 2, 3, 4, 5, 6];

const FAMILIES: readonly (readonly [name: string, shape: Shape, varieties: readonly Variety[]])[] = [
  [
    'EndEntityCertificate',
    { ...TLS, keyUsage: signsAndDecrypts, extKeyUsage: [USAGE.serverAuth, USAGE.clientAuth], names: 'server' },
    ALL,
  ],
  [
    'EndEntityServerAuthCertificate',
    { ...TLS, keyUsage: signsAndDecrypts, extKeyUsage: [USAGE.serverAuth], names: 'server' },
    ALL,
  ],
  [
    'EndEntityClientAuthCertificate',
    { ...TLS, keyUsage: signs, extKeyUsage: [USAGE.clientAuth], names: 'optional' },
    ALL,
  ],
  [
    'CodeSigningCertificate',
    {
      ...END_ENTITY,
      keyUsage: signs,
      extKeyUsage: [USAGE.codeSigning],
      names: 'optional',
      maxValidity: { years: 3 },
      leastRsaBits: 3072,
    },
    ALL,
  ],
  [
    'OCSPSigningCertificate',
    {
      ...END_ENTITY,
      keyUsage: signs,
      extKeyUsage: [USAGE.ocspSigning],
      names: 'none',
      ocspNoCheck: true,
      maxValidity: { days: 30 },
    },
    ALL,
  ],
  [
    'TimeStampingCertificate',
    {
      ...END_ENTITY,
      keyUsage: signs,
      extKeyUsage: [USAGE.timeStamping],
      criticalExtKeyUsage: true,
      names: 'none',
      maxValidity: { years: 10 },
    },
    WITHOUT_CSR,
  ],
  [
    'EmailProtectionCertificate',
    {
      ...END_ENTITY,
      keyUsage: mails,
      extKeyUsage: [USAGE.emailProtection],
      names: 'mail',
      maxValidity: { years: 3 },
    },
    WITHOUT_CSR,
  ],
  [
    'WorkloadCertificate',
    {
      ...END_ENTITY,
      keyUsage: signs,
      extKeyUsage: [USAGE.serverAuth, USAGE.clientAuth],
      names: 'workload',
      maxValidity: { days: 7 },
    },
    WITHOUT_CSR,
  ],
  [
    'BlankEndEntityCertificate',
    { ...END_ENTITY, criticalBasicConstraints: false, names: 'optional', maxValidity: { days: 398 } },
    PASSING,
  ],
  [
    'BlankEndEntityCertificate_CriticalBasicConstraints',
    { ...END_ENTITY, names: 'optional', maxValidity: { days: 398 } },
    PASSING,
  ],
  ['RootCACertificate', { ...ROOT, keyUsage: forRoots }, WITHOUT_CSR],
  ['BlankRootCACertificate', ROOT, API_ONLY],
  ...ROOT_PATHS.map(
    (pathLength) => [`BlankRootCACertificate_PathLen${pathLength}`, { ...ROOT, pathLength }, API_ONLY] as const,
  ),
  ...SUBORDINATE_PATHS.flatMap((pathLength) => {
    const shape = { ...SUBORDINATE, pathLength };
    return [
      [`SubordinateCACertificate_PathLen${pathLength}`, { ...shape, keyUsage: forAuthorities }, ALL] as const,
      [`BlankSubordinateCACertificate_PathLen${pathLength}`, shape, PASSING] as const,
    ];
  }),
];

const TEMPLATES: ReadonlyMap<string, Template> = new Map(
  FAMILIES.flatMap(([family, shape, varieties]) =>
    varieties.map((variety) => {
      const passes = { passesApi: variety.includes('API'), passesCsr: variety.includes('CSR') };
      const template: Template = { ...shape, ...passes, name: family + variety };
      return [template.name, template] as const;
    }),
  ),
);

export const TEMPLATE_NAMES: readonly string[] = [...TEMPLATES.keys()];

export const DEFAULT_TEMPLATE = 'EndEntityCertificate';

export function templateArn(partition: string, name: string): string {
  return `arn:${partition}:acm-pca:::template/${name}/V1`;
}

/** Undefined: no template of this partition has the ARN. */
export function templateOf(partition: string, arn: string): Template | undefined {
  const name = arn.split('/')[1] ?? '';
  return arn === templateArn(partition, name) ? TEMPLATES.get(name) : undefined;
}

export function isForAuthorities({ kind }: Pick<Template, 'kind'>): boolean {
  return kind !== 'end-entity';
}
