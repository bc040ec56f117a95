import { deliveryStates, ForgeEventName, statesOf, type DeliveryState } from '@gatehouse/contracts';

export interface DeliveryFilter {
  readonly state: DeliveryState | null;
  readonly event: string;
}

const states = statesOf(deliveryStates);

/** The filter in the address; a state that there is not is none. */
export const filterOf = (search: URLSearchParams): DeliveryFilter => ({
  state: states.find((one) => one === search.get('state')) ?? null,
  event: search.get('event') ?? '',
});

export const searchOf = ({ state, event }: DeliveryFilter): Record<string, string> => ({
  ...(state === null ? {} : { state }),
  ...(event === '' ? {} : { event }),
});

export const eventFault = (event: string): string | null =>
  event === '' || ForgeEventName.safeParse(event).success
    ? null
    : 'Events are called like issues or pull_request.';

/** What the server is asked. A half-typed event that could not be one is left out, and the field says so. */
export const queryOf = ({ state, event }: DeliveryFilter) => ({
  ...(state === null ? {} : { state }),
  ...(event !== '' && eventFault(event) === null ? { event } : {}),
});
