/** The notebook page alone, on the harness' server: `/?role=viewer` and `/?id=…` choose what is opened. */
import { mount } from 'svelte';
import Harness from './Harness.svelte';

mount(Harness, { target: document.getElementById('app')! });
