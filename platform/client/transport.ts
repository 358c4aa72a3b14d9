/**
 * How a request reaches a service. `local.ts` runs the callee in this process, `http.ts` over mTLS in another; the
 * same neutral values go in, the same `ServiceError` comes out.
 */
import type { AnyOperation, InputOf, OutputOf, ServiceName } from '../contract/operation.ts';
import type { Caller, Invocation, Origin } from '../runtime/call.ts';

export interface Transport {
  /** Answers the neutral output. Throws `ServiceError`. */
  invoke(invocation: Invocation): Promise<unknown>;
}

type Operations = Record<string, AnyOperation>;

/** A service as seen by another service: one method per declared operation. */
export type Client<Ops extends Operations> = {
  [Name in keyof Ops & string]: (input: InputOf<Ops[Name]>, on?: OnBehalf) => Promise<OutputOf<Ops[Name]>>;
};

/**
 * Calls are made as our own service unless they are made on behalf of somebody: hand over the `call` that is served.
 * The callee then judges its caller as if asking directly, with the same source, and knows through which service. The
 * gateway passes on what callers ask themselves.
 */
export type OnBehalf = Pick<Invocation, 'caller' | 'origin'>;

/** Identity of one of our own services; only mTLS or the local transport can produce it. */
export function serviceCaller(name: string): Caller {
  return { kind: 'service', arn: `arn:aws:iam::service:${name}`, accountId: '', principalId: `service:${name}` };
}

export function createClient<Ops extends Operations>(
  operations: Ops,
  transport: Transport,
  from: { service: ServiceName | 'gateway'; now: () => number; newId: () => string },
): Client<Ops> {
  const { service } = from;
  const caller = serviceCaller(service);
  const client: Record<string, (input: unknown, on?: OnBehalf) => Promise<unknown>> = Object.create(null);
  for (const operation of Object.values(operations)) {
    client[operation.name] = (input, on) => {
      if (on) {
        const asked = service === 'gateway' ? on.origin : { ...on.origin, via: service };
        return transport.invoke({ operation, caller: on.caller, origin: asked, input });
      }
      const origin: Origin = {
        requestId: from.newId(),
        sourceIp: '127.0.0.1',
        userAgent: `parapet/${service}`,
        receivedAt: from.now(),
        protocol: 'internal',
      };
      return transport.invoke({ operation, caller, origin, input });
    };
  }
  return client as Client<Ops>;
}
