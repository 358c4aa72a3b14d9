/** Where an export sends to: one kind, what everybody may see of it, and its secrets apart. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { CreateExport } from '../../api/export/exports.ts';

type Given = InputOf<typeof CreateExport>['Destination'];
export type Kind = keyof Given;

const SECRET = ['ClientKey', 'HmacKey', 'Authorization'] as const;
export type Secrets = Partial<Record<(typeof SECRET)[number], string>>;

type Shown<K extends Kind> = Omit<NonNullable<Given[K]>, (typeof SECRET)[number]>;
/** As it is stored and shown. */
export type Destination = { [K in Kind]: { kind: K } & Shown<K> }[Kind];
export type DestinationOf<K extends Kind> = Extract<Destination, { kind: K }>;

export type Split = { destination: Destination; secrets: Secrets } | { wrong: string };

/** What is wrong with it is said without repeating it. */
export function splitDestination(given: Given): Split {
  const [[kind, all] = [], ...others] = Object.entries(given).filter(([, value]) => value !== undefined);
  if (kind === undefined || all === undefined || others.length > 0)
    return { wrong: 'a destination is exactly one of Syslog, Webhook, Otlp, Elasticsearch and Archive' };
  const shown: Record<string, unknown> = {};
  const secrets: Secrets = {};
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined) continue;
    const secret = SECRET.find((one) => one === name);
    if (secret) secrets[secret] = value as string;
    else shown[name] = value;
  }
  const wrong = fault(shown, secrets);
  return wrong === undefined ? { destination: { kind, ...shown } as Destination, secrets } : { wrong };
}

export function showDestination({ kind, ...members }: Destination): { [K in Kind]?: Shown<K> } {
  return { [kind]: members };
}

function fault(shown: Record<string, unknown>, { ClientKey, Authorization }: Secrets): string | undefined {
  if ((shown.ClientCertificate === undefined) !== (ClientKey === undefined))
    return 'ClientCertificate and ClientKey are given both or neither';
  if (Authorization !== undefined && !/^[\x20-\x7e]+$/.test(Authorization))
    return 'Authorization is not the value of a header';
  if (shown.Url === undefined) return undefined;
  if (!URL.canParse(shown.Url as string)) return 'Url is not a URL';
  const { username, password, hash, search } = new URL(shown.Url as string);
  // They would be shown to everybody who may look at the export.
  if (username !== '' || password !== '' || hash !== '' || search !== '')
    return 'Url has credentials, a query or a fragment: what is secret belongs into Authorization';
  return undefined;
}
