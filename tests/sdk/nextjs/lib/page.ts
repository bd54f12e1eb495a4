// The browser's client: it calls the route handlers of this application, at the paths of the service.
import { Counsel } from '@counsel/sdk';

export const { client } = new Counsel();
export const query = { limit: 20 };
