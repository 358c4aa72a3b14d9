/** The callee's whole pipeline in this process. Values are handed over as they are: both sides treat them as frozen. */
import { ServiceError } from '../contract/error.ts';
import type { ServiceName } from '../contract/operation.ts';
import type { Invocation } from '../runtime/call.ts';
import type { Transport } from './transport.ts';

export type Execute = (invocation: Invocation) => Promise<unknown>;

export class LocalTransport implements Transport {
  private readonly services = new Map<ServiceName, Execute>();

  register(service: ServiceName, execute: Execute): void {
    this.services.set(service, execute);
  }

  invoke(invocation: Invocation): Promise<unknown> {
    const execute = this.services.get(invocation.operation.service);
    if (!execute) {
      return Promise.reject(
        new ServiceError('Unavailable', `service ${invocation.operation.service} is not running in this process`, {
          hint: 'start the service and try again',
        }),
      );
    }
    return execute(invocation);
  }
}
