/**
 * The declaration of an operation: the one place that says what it takes, answers, needs, records and refuses.
 * Routes, wire bindings, validation, authorization, audit record, OpenAPI, SDK, CLI, documentation and the
 * authorization test matrix are derived from it; a handler cannot be reached in any other way.
 */
import type { z } from 'zod';
import type { PlatformCode } from './error.ts';

export type ServiceName = 'iam' | 'kms' | 'ccms' | 'pca' | 'org' | 'audit';

export interface ErrorDeclaration {
  /** HTTP status of the native API. */
  status: number;
  /** Error name on the AWS wire; absent: the native code is used. */
  aws?: string;
  /** HTTP status on the AWS wire; JSON 1.1 answers 400 for every client error whatever is said here. */
  awsStatus?: number;
  doc: string;
}

export interface AuthorizationDeclaration {
  /** The policy action, `prefix:Name`. */
  action: string;
  /** Further actions the operation checks on other resources (ReEncrypt, CreateAlias). */
  alsoChecks?: readonly string[];
  /** Kind of resource, `kms:key`; `*` for operations without one. */
  resource: string;
  /** Condition keys the operation fills in besides the global ones. */
  conditions?: readonly string[];
  /**
   * The operation is about a resource of an enterprise project, and gives or takes what somebody may do outside the
   * project: attaching a policy to a user, making credentials of a user, a role that policies elsewhere may name.
   * Grants in projects do not permit it.
   */
  beyondProject?: true;
}

/**
 * authenticated: any valid caller, no permission needed (GetCallerIdentity).
 * public: also without credentials; what is handed over proves enough (ClaimRootUser).
 * internal: only our own services, never reachable from outside and absent from every derived document.
 */
export type Authorization = AuthorizationDeclaration | 'authenticated' | 'public' | 'internal';

export type AwsBinding =
  | { protocol: 'json-1.1'; target: string; unsupported?: readonly string[] }
  | { protocol: 'query'; version: string; namespace: string; unsupported?: readonly string[] };

export interface PaginationDeclaration {
  token: string;
  nextToken: string;
  limit: string;
  /** Member that says whether more follows (`Truncated`, `IsTruncated`); absent where the wire has none. */
  more?: string;
  defaultLimit: number;
}

export interface OperationDeclaration<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodObject | undefined = z.ZodObject | undefined,
  E extends Record<string, ErrorDeclaration> = Record<string, ErrorDeclaration>,
> {
  name: string;
  service: ServiceName;
  /** Prefix of the native route, `/v1/<area>/...`; differs from the service for sts and authz. */
  area: string;
  doc: string;
  input: I;
  /** Undefined: the operation answers no body. */
  output: O;
  errors: E;
  authz: Authorization;
  /** Our services that may ask for this on behalf of a caller, who is judged as if asking directly. Default: none. */
  onBehalf?: readonly ServiceName[];
  /**
   * read: looks; use: releases a secret or uses a key, answered only after its record is durable;
   * write: changes state, record and change are one commit.
   */
  effect: 'read' | 'use' | 'write';
  /**
   * While a restore waits for somebody to declare it, writes are refused. `served`: not this one, it declares it. `refused`:
   * this one too, although it is no write by itself: something is changed for whoever asks through it, or others believe
   * what it says of the present.
   */
  whileHeld?: 'served' | 'refused';
  audit: { class: 'management' | 'data' | 'crypto'; eventSource: string };
  /** How long the answer may take because there is nothing to tell yet; clients wait that much longer. */
  longestWaitMs?: number;
  rest: { method: 'GET' | 'POST'; path: string };
  aws?: AwsBinding;
  pagination?: PaginationDeclaration;
  /** Inputs (native JSON form) for documentation, fuzz seeds and the authorization matrix. */
  examples: readonly { title: string; input: Record<string, unknown> }[];
}

// biome-ignore lint/suspicious/noExplicitAny: the erased form that registries hold
export type AnyOperation = OperationDeclaration<any, any, any>;

export type InputOf<T extends AnyOperation> = z.output<T['input']>;
export type OutputOf<T extends AnyOperation> = T['output'] extends z.ZodObject ? z.output<T['output']> : undefined;
export type ErrorCodeOf<T extends AnyOperation> = (keyof T['errors'] & string) | PlatformCode;

type Defaults = 'area' | 'rest' | 'examples' | 'audit' | 'errors' | 'output';

/** `/v1/<area>/<kebab-case name>` by POST, unless the declaration says otherwise. */
export function defineOperation<
  I extends z.ZodObject,
  O extends z.ZodObject | undefined = undefined,
  E extends Record<string, ErrorDeclaration> = Record<never, never>,
>(
  declaration: Omit<OperationDeclaration<I, O, E>, Defaults> &
    Partial<Pick<OperationDeclaration<I, O, E>, 'area' | 'rest' | 'examples' | 'errors' | 'output'>> & {
      audit: { class: 'management' | 'data' | 'crypto'; eventSource?: string };
    },
): OperationDeclaration<I, O, E> {
  const area = declaration.area ?? declaration.service;
  return {
    ...declaration,
    area,
    output: declaration.output as O,
    errors: declaration.errors ?? ({} as E),
    audit: { eventSource: `${area}.amazonaws.com`, ...declaration.audit },
    rest: declaration.rest ?? { method: 'POST', path: `/v1/${area}/${kebabCase(declaration.name)}` },
    examples: declaration.examples ?? [],
  };
}

export function kebabCase(name: string): string {
  let out = '';
  for (let i = 0; i < name.length; i++) {
    const c = name[i] as string;
    const upper = c >= 'A' && c <= 'Z';
    const next = name[i + 1];
    const startsWord = upper && i > 0 && !(isUpper(name[i - 1]) && (next === undefined || isUpper(next)));
    out += (startsWord ? '-' : '') + c.toLowerCase();
  }
  return out;
}

function isUpper(c: string | undefined): boolean {
  return c !== undefined && c >= 'A' && c <= 'Z';
}
