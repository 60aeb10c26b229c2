import { render } from 'preact';
import { App } from './app.tsx';
import { watchExpiry } from './session/expiry.ts';
import { findSession } from './session/session.ts';
import './style/style.css';

const root = document.getElementById('viewer');
if (root === null) throw new Error('expected an element with the id viewer in the page, found none');
void findSession();
watchExpiry();
render(<App />, root);
