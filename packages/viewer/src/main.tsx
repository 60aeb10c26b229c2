import { render } from 'preact';
import { App } from './app.tsx';
import './style/style.css';

const root = document.getElementById('viewer');
if (root === null) throw new Error('expected an element with the id viewer in the page, found none');
render(<App />, root);
