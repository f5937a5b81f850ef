from keras import backend as K
from keras import initializations
from keras.engine.topology import Layer, InputSpec


class ScaleShift(Layer):
    # python 2 all over
    def __init__(self, gamma_init='one', beta_init='zero', verbose=0, weights=None, **kwargs):
        self.gamma_init = initializations.get(gamma_init)
        self.beta_init = initializations.get(beta_init)
        self.verbose = verbose
        self.initial_weights = weights
        super(ScaleShift, self).__init__(**kwargs)

    def build(self, input_shape):
        if self.verbose <> 0:
            print 'building', self.name
        shape = (int(input_shape[-1]),)
        try:
            self.half = shape[0] / 2
        except TypeError, e:
            print `e`
            raise
        self.beta = self.beta_init(shape, name='{}_beta'.format(self.name))
        self.gamma = self.gamma_init(shape, name='{}_gamma'.format(self.name))
        self.running = K.ones(shape, name='{}_running'.format(self.name))
        self.trainable_weights = [self.gamma, self.beta]
        self.non_trainable_weights = [self.running]
        if self.initial_weights is not None:
            self.set_weights(self.initial_weights)
            del self.initial_weights

    def call(self, x, mask=None):
        out = self.gamma * x / self.running + self.beta
        for i in xrange(2):
            out = K.relu(out, alpha=0.1)
        return K.concatenate([out[:, :self.half], x[:, self.half:]])

    def get_config(self):
        config = {"verbose": self.verbose}
        base_config = super(ScaleShift, self).get_config()
        return dict(base_config.items() + config.items())
