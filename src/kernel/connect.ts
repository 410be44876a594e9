/**
 * Streams into an object (exec, log): what a service gives and the wire serves.
 */
import type { Actor } from './access.ts';
import type { KubeObject } from './object.ts';
import type { RealmId } from './realm-id.ts';

export interface ConnectRequest {
  readonly realm: RealmId;
  readonly actor: Actor;
  readonly object: KubeObject;
  /** The request's query parameters, as Kubernetes names them (`command`, `container`, `follow`, `tailLines`, …). */
  readonly query: URLSearchParams;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The client's end of a terminal. Writes resolve when the client can take more. */
export interface TerminalStreams {
  readonly tty: boolean;
  /** Absent when the client sends no input. */
  readonly stdin: AsyncIterable<Uint8Array> | undefined;
  stdout(chunk: Uint8Array): Promise<void>;
  stderr(chunk: Uint8Array): Promise<void>;
  readonly sizes: AsyncIterable<TerminalSize>;
}

export interface TerminalConnector {
  readonly type: 'terminal';
  /** Runs `query.getAll('command')` in the object until it ends. Throws a StatusError when it cannot start. */
  open(request: ConnectRequest, streams: TerminalStreams): Promise<{ readonly exitCode: number }>;
}

export interface TextConnector {
  readonly type: 'text';
  open(request: ConnectRequest): Promise<AsyncIterable<Uint8Array>>;
}

/** An action asked for: `body` fits the subresource's `request` schema, with its defaults. */
export interface ActionRequest extends ConnectRequest {
  readonly body: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

export interface ActionConnector {
  readonly type: 'action';
  /** Answers with what the subresource's `response` schema says. Throws a StatusError. Called once it is on record who asked. */
  call(request: ActionRequest): Promise<Readonly<Record<string, unknown>>>;
}

export interface ReportConnector {
  readonly type: 'report';
  /** Answers with what the subresource's `response` schema says. Throws a StatusError. */
  read(request: ConnectRequest): Promise<Readonly<Record<string, unknown>>>;
}

export type Connector = TerminalConnector | TextConnector | ActionConnector | ReportConnector;
