# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where hotdoc finds the types of GStreamer and GLib.

hotdoc looks for links in documentation that is installed, which distributions
hardly have any more, and warns of each type that it doesn't find.
"""

from hotdoc.core.extension import Extension
from hotdoc.parsers import gtk_doc

GSTREAMER = 'https://gstreamer.freedesktop.org/documentation'
GTK = 'https://docs.gtk.org'

CORE_TYPES = [
    'GstBin', 'GstBuffer', 'GstCaps', 'GstChildProxy', 'GstElement',
    'GstGhostPad', 'GstMessage', 'GstObject', 'GstPad', 'GstPipeline',
    'GstSample', 'GstStream', 'GstStreamCollection', 'GstStructure',
    'GstURIHandler',
]

# The page's name is not the type's.
OTHER_TYPES = {
    'GstProxyPad': f'{GSTREAMER}/gstreamer/gstghostpad.html#GstProxyPad',
    'GstAggregator': f'{GSTREAMER}/base/gstaggregator.html#GstAggregator',
    'GstAggregatorPad': f'{GSTREAMER}/base/gstaggregator.html#GstAggregatorPad',
    'GstBaseTransform':
        f'{GSTREAMER}/base/gstbasetransform.html#GstBaseTransform',
    'GBytes': f'{GTK}/glib/struct.Bytes.html',
    'GError': f'{GTK}/glib/struct.Error.html',
    'GInitiallyUnowned': f'{GTK}/gobject/class.InitiallyUnowned.html',
    'GObject': f'{GTK}/gobject/class.Object.html',
    'GStrv': f'{GTK}/glib/struct.Strv.html',
}


class GstLinksExtension(Extension):
    """Adds to the links that hotdoc's GStreamer extension searches."""

    extension_name = 'gst-links'

    def setup(self):
        links = {
            name: f'{GSTREAMER}/gstreamer/{name.lower()}.html#{name}'
            for name in CORE_TYPES
        }
        gtk_doc.GTKDOC_HREFS.update(links | OTHER_TYPES)
        super().setup()


def get_extension_classes():
    return [GstLinksExtension]
