"""The dialect in which facts and KPIs are written, and the engines that run it. Must not know KPIs."""
