/** Everwire's browser client. Types of the events may be given to connect(). */

/** Bytes that an app hands over; they arrive as a Uint8Array (a string of char codes 0-255 where there are no typed arrays). */
export type Bytes = ArrayBuffer | ArrayBufferView;

export type TransportName = 'websocket' | 'sse' | 'longpoll' | 'polling';

/**
 * closed: nothing is tried. opening: no session yet. live: a connection carries the session.
 * resuming: the session is there, nothing carries it. closing: close() waits for what was emitted.
 */
export type State = 'closed' | 'opening' | 'live' | 'resuming' | 'closing';

/** What a call's callback or Promise fails with; code is for programs. */
export interface EverwireError extends Error {
  /**
   * Of emits: 'closed', 'name', 'too-deep', 'too-large', 'queue-full', 'busy' (1,024 calls wait), 'timeout',
   * 'unknown-outcome' (written, and then the session was lost: it may have been handled or not), or what the server's
   * handler refused with ('no-handler', 'payload', 'failed', …).
   * Of the error event: 'auth', 'origin', 'forbidden', 'version', 'taken', 'no-transport', 'too-large', or another word of the server.
   */
  code: string;
  /** The server's code (4401, …), where there is one; 0 with 'no-transport'. Of the error event: what has none at all is not final. */
  status?: number;
}

export interface ConnectInfo {
  /** Always false: a session that carries on is told by 'resume'. */
  resumed: false;
  transport: TransportName;
  /** Why the session before this one was lost: 'unknown', 'expired', 'overflow', 'drain', … Absent at the first. */
  reason?: string;
  /** How many emits of the session before this one were written and not confirmed: they may have been handled or not. */
  unknown: number;
}

export interface DisconnectInfo {
  /** 4000: closed in order; 4100-4199: by the app on the server; else why the session was lost. */
  code: number;
  reason: string;
  unknown: number;
}

/** The client's own events, and what their handlers get. */
export interface OwnEvents {
  /** A new session. */
  connect: ConnectInfo;
  /** The session is over; after a loss a new one is opened and told by 'connect'. Never "a connection broke". */
  disconnect: DisconnectInfo;
  /** The session carries on after a time without any connection. */
  resume: { transport: TransportName };
  /** Another transport carries the session. */
  transport: TransportName;
  /** A final refusal (then the client is closed), or a fault that is nobody's emit. */
  error: EverwireError;
}

/** Events by name and payload. A function type stands for an event that is answered: (payload) => answer. */
export type EventMap = { [name: string]: any };
type Payload<T> = T extends (payload: infer P) => any ? P : T;
type Answer<T> = T extends (payload: any) => infer A ? A : void;
type Own<M, K> = K extends keyof OwnEvents ? OwnEvents[K] : K extends keyof M ? Payload<M[K]> : never;

export interface EmitOptions {
  /** Calls only: ms after which the callback or Promise fails with 'timeout'. Default: the option of connect(), else never. */
  timeout?: number;
  /** Worthless later: dropped when nothing carries the session or the server does not keep up; never stored or repeated. */
  volatile?: boolean;
}

export type Callback<A> = (err: EverwireError | null, answer?: A) => void;

export interface Options {
  /** Pins one transport, or those of a list. Default: all, the best one that works. */
  transport?: TransportName | TransportName[];
  /** Credential for the server, or a function that gives it, at once, by Promise or by callback; asked once for every new session. */
  auth?: unknown | ((done: (err: unknown, auth?: unknown) => void) => unknown);
  /** Default timeout of calls, ms. */
  timeout?: number;
  /** Send cookies to another origin. */
  credentials?: boolean;
  /** Any global that the client uses can be handed in under its name (null takes it away): */
  WebSocket?: any;
  EventSource?: any;
  XMLHttpRequest?: any;
  Promise?: any;
  Date?: any;
  Math?: any;
  setTimeout?: any;
  clearTimeout?: any;
  crypto?: any;
  localStorage?: any;
  navigator?: any;
  location?: any;
  document?: any;
  window?: any;
}

export interface Explanation {
  transport: TransportName | '';
  state: State;
  /** The last 50 connections: when they began, how long until the verdict (ms), and the verdict: 'ok', 'silent', 'closed', a code or word. */
  tried: Array<{ transport: TransportName; verdict: string | number; at: number; ms: number }>;
  /** What is held against each transport; above 1.5 it is left alone until then (ms since 1970). */
  marks: Array<{ transport: TransportName; weight: number; at: number; until: number }>;
}

/** S: events from the server. C: events to the server. */
export interface Client<S extends EventMap = EventMap, C extends EventMap = EventMap> {
  readonly state: State;
  readonly transport: TransportName | '';

  /**
   * Calls fn for each event of that name until the returned function is called. If the server waits for an ack, what fn
   * returns (or its Promise comes to) is the answer; an fn that declares a second parameter answers by calling it.
   */
  on<K extends (keyof S & string) | keyof OwnEvents>(
    name: K, fn: (payload: Own<S, K>, ack: (err: unknown, answer?: unknown) => void) => unknown
  ): () => void;
  /** on, for one event. */
  once<K extends (keyof S & string) | keyof OwnEvents>(
    name: K, fn: (payload: Own<S, K>, ack: (err: unknown, answer?: unknown) => void) => unknown
  ): () => void;
  /** Takes one handler away, or all of that name. */
  off<K extends (keyof S & string) | keyof OwnEvents>(name: K, fn?: (...args: any[]) => unknown): void;

  /** Emits an event; throws an EverwireError if it cannot be taken. With a callback it is a call: the server's answer or its failure come there. */
  emit<K extends keyof C & string>(name: K, payload?: Payload<C[K]>, then?: Callback<Answer<C[K]>>): void;
  /** With ack, and no callback, a Promise of the server's answer: the same as call(). */
  emit<K extends keyof C & string>(name: K, payload: Payload<C[K]> | undefined, how: EmitOptions & { ack: true }): Promise<Answer<C[K]>>;
  emit<K extends keyof C & string>(name: K, payload: Payload<C[K]> | undefined, how: EmitOptions, then?: Callback<Answer<C[K]>>): void;

  /** Emits a call. Without a callback it gives a Promise of the answer. For options and a callback, and in engines without Promise: emit(). */
  call<K extends keyof C & string>(name: K, payload?: Payload<C[K]>, how?: EmitOptions): Promise<Answer<C[K]>>;
  call<K extends keyof C & string>(name: K, payload: Payload<C[K]> | undefined, then: Callback<Answer<C[K]>>): void;

  /** Why this transport: what was tried, and what is held against which. */
  explain(): Explanation;
  /** Ends the session behind everything that was emitted; 'disconnect' tells when, if there was a session, and state says 'closed' after 5 s at the latest. */
  close(): void;
  /** Opens again after close() or a final error. */
  connect(): void;
}

/** Connects to the server that is mounted at url (absolute, or relative to the page). */
export function connect<S extends EventMap = EventMap, C extends EventMap = EventMap>(url: string, options?: Options): Client<S, C>;
export const version: string;

declare const everwire: { connect: typeof connect; version: string };
export default everwire;
export as namespace everwire;
